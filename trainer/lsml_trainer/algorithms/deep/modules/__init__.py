"""Any torch.nn.Module as a Learner: the user's own, and fully connected networks that are not computed by hand."""
