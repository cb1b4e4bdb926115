package buildkitdtest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// attributes let a test binary that is killed take the daemon along.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killFirst kills the first process of the namespace that unshare has made, false
// when there is none.
func killFirst(unshare int) bool {
	first := children(unshare)
	signal(first, syscall.SIGKILL)
	return len(first) > 0
}

// holdDaemon lets the first process's children hang, or go on; false when there are
// none.
func holdDaemon(unshare int, hold bool) bool {
	sig := syscall.SIGCONT
	if hold {
		sig = syscall.SIGSTOP
	}
	var held []int
	for _, first := range children(unshare) {
		held = append(held, children(first)...)
	}
	signal(held, sig)
	return len(held) > 0
}

func children(pid int) (all []int) {
	list, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for child := range strings.FieldsSeq(string(list)) {
		if n, err := strconv.Atoi(child); err == nil {
			all = append(all, n)
		}
	}
	return all
}

func signal(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig)
	}
}
