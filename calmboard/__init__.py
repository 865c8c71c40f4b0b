"""CalmBoard itself: people, work and who may do what. Knows no HTTP."""
