"""Merchants: the tenants, with their currency, their time zone and the policies of their programme."""
