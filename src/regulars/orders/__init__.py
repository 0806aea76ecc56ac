"""What was bought: orders, lines, discounts, states, and the order facts that analysis reads."""
