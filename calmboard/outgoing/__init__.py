"""What leaves for other servers: to public addresses only."""
