"""What makes pages light on the way to the browser: joined style sheets, compressed HTML."""
