"""What all workers share: messages, pipes, timers, process set-up."""
