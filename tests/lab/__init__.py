"""What the tests run on: provisioning, namespaces, daemons and a virtual machine. Nothing of the product."""
