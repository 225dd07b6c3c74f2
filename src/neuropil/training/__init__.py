"""What learning needs, and running does not: torch, one loop, export to ONNX."""
