"""Every shape on a wire: browser, other programs, agent. Decoding is strict and happens here alone."""
