// Package unprivileged lets tests run themselves as a user who is not root, and who
// has subordinate IDs. Only the mount namespace of the tests knows the user: nothing
// is changed on the machine.
package unprivileged
