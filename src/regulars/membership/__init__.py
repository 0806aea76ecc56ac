"""Members of the shop's programme: its versions, who stands where in it, what each order was given and why."""
