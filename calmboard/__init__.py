"""CalmBoard itself: people, work and who may do what. Knows no HTTP."""

VERSION = "1.0.0"
