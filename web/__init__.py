"""What all interfaces share of HTTP: the lean app, a record of each request, problems, the origin, bearer credentials."""
