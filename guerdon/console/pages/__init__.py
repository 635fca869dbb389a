"""The pages, a module for each area. Each has its ROUTES, whose scope is the permission that they need."""
