"""The web page: jobs as they are, for whoever may list them. Reads only; whom it shows what, the API server decides."""
