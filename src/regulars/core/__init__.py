"""Pure decisions about one customer, one order, one moment. Standard library only; time, chance and history are arguments."""
