// Package orphans ends what process 1 of a pid namespace is left with.
//
// A process whose parent has ended becomes process 1's child, which has to take its
// exit status. That of a container is one when the `runc exec` that started it was
// killed; and as long as nobody has taken its status, the kernel lets the container's
// own process 1 not end, nor who waits for that: pid_namespaces(7).
package orphans
