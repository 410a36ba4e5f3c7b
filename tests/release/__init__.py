"""`make release`: the wheel and the packaged chart of what is committed, the same to the byte whoever builds them."""
