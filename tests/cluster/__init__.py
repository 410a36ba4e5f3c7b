"""Tests against a real API server with its controllers, and no node: the tests play the kubelet."""
