"""What the commands show, as rich renderables or plain text. Pure: objects and a time in, something to print out."""
