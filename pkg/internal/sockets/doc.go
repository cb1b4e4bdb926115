// Package sockets tells by the kernel's table of sockets who listens in a
// container. Engines differ in how they come by the table, not in what it says.
package sockets
