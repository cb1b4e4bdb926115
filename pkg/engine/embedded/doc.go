// Package embedded is an engine without a daemon: BuildKit runs in this process,
// with runc for what a RUN instruction and a container execute. It is Linux only,
// needs `runc` on PATH and the right to mount, and keeps what it builds in a
// state directory, which processes take in turns or side by side, see Options.
//
// A user who is not root has that right in a user namespace, which Enter makes. It
// has the ranges of /etc/subuid and /etc/subgid, mapped by newuidmap and newgidmap:
// without them it is refused, since an image's files could not have their owners.
// Limits of memory, CPU and processes are not kept there.
//
// A program that uses it calls Enter first of all: its second self then runs in
// namespaces of its own, so that nothing it started or mounted outlives it, even
// a SIGKILL. Without Enter the engine works, but a process that is killed leaves
// its mounts and the processes of RUN instructions behind; the next one that takes
// the same slot of the state directory removes what it can of them.
package embedded
