"""ONNX files: packaged, of others, changed."""
