//go:build !linux

package buildkitdtest

import "syscall"

// Nothing is started here: find says so.

func attributes() *syscall.SysProcAttr { return nil }

func killFirst(int) bool { return false }

func holdDaemon(int, bool) bool { return false }
