// Package containers runs test containers without a daemon: runc executes them,
// and this process does what a daemon does besides. It knows nothing of how
// images are made or kept; a Rootfs is all that it takes of one.
//
// # Isolation
//
// A container has the capabilities, the seccomp profile and the masked paths
// that Docker gives one, and no-new-privileges. There is no user namespace of its
// own: root in it is the user who runs retort, as with Docker. Where that is not root,
// and retort runs in a user namespace, it is the root of that.
//
// # Networks
//
// A private network is a bridge in a network namespace of this process. Nothing
// of it is on the machine's interfaces, and no packet filter is asked; so its
// containers reach each other, and nothing outside, whether it was asked to be
// internal or not. The engine's default network is none but the loopback device
// of the container. A suite that needs the outside says so: the network "host" is
// the machine's own. Names are lines of /etc/hosts, kept for all members of a
// network while containers come and go; there is no name server.
//
// # What is left
//
// Below Options.Root each process has a directory, and a lock that the kernel
// gives back however the process ends. It holds bundles, volumes, and a record of
// each thing with its labels. Sweep removes the directories of processes that are
// gone. Network namespaces are held by open files alone and end with the process;
// containers and mounts do so where it is the first one of a pid and a mount
// namespace of its own, which is what it should be.
package containers
