"""What shoppers see, and what their pages ask."""
