"""What a fit can tell, and what to measure next."""
