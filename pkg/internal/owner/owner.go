// Package owner marks what a run of retort creates on an engine, so that a
// later run can tell whether the maker still lives. Processes die without
// warning (SIGKILL, a lost agent), and engines are shared by machines whose
// clocks disagree; so an owner is judged in one of two ways:
//
//   - by its process, when the judge runs under the same kernel and sees the pid
//     namespace: process ID and start time name it without doubt;
//   - by its time to live otherwise, measured by the engine's clock alone.
package owner

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/retort-ci/retort/pkg/internal/outside"
)

// Labels under which an owner is written down.
const (
	LabelRun   = "dev.retort.run"    // identity of the run, random
	labelBoot  = "dev.retort.boot"   // kernel boot ID of the maker's machine
	labelPIDNS = "dev.retort.pidns"  // its pid namespace
	labelPID   = "dev.retort.pid"    // its process ID there
	labelStart = "dev.retort.start"  // its start time, clock ticks since boot
	labelTTL   = "dev.retort.expire" // seconds after creation at which a run must be over

	LabelSuite = "dev.retort.suite" // name of the suite it is for; tells people, and nothing else
)

// Owner is a run of retort: one process, for a limited time.
type Owner struct {
	Run   string
	boot  string
	pidns string
	pid   int
	start string
	ttl   time.Duration
}

// Self is this process, which promises to be done with what it creates after ttl.
func Self(ttl time.Duration) Owner {
	id := make([]byte, 6)
	_, _ = rand.Read(id) // never fails: crypto/rand, since Go 1.24
	self := outside.Self()
	start, _ := startTime(self.Proc, self.PID)
	return Owner{
		Run: hex.EncodeToString(id), boot: bootID(), pidns: self.Namespace,
		pid: self.PID, start: start, ttl: ttl,
	}
}

// Labels writes the owner down, for a container, network or volume it creates.
func (o Owner) Labels() map[string]string {
	return map[string]string{
		LabelRun: o.Run, labelBoot: o.boot, labelPIDNS: o.pidns,
		labelPID: strconv.Itoa(o.pid), labelStart: o.start,
		labelTTL: strconv.FormatInt(int64(o.ttl/time.Second), 10),
	}
}

// Parse reads an owner from labels; false when they are not retort's.
func Parse(labels map[string]string) (Owner, bool) {
	o := Owner{Run: labels[LabelRun], boot: labels[labelBoot], pidns: labels[labelPIDNS], start: labels[labelStart]}
	pid, errPID := strconv.Atoi(labels[labelPID])
	ttl, errTTL := strconv.ParseInt(labels[labelTTL], 10, 32)
	if o.Run == "" || errPID != nil || errTTL != nil || pid <= 0 || ttl < 0 {
		return Owner{}, false
	}
	o.pid, o.ttl = pid, time.Duration(ttl)*time.Second
	return o, true
}

// Dead is true when the owner is gone for certain. age is how old the thing is
// by the clock of the engine that made it.
func (o Owner) Dead(age time.Duration) bool {
	if o.boot == "" || o.boot != bootID() {
		return age > o.ttl
	}
	for _, seen := range []outside.Process{outside.Inside(), outside.Self()} {
		if o.pidns != seen.Namespace {
			continue
		}
		start, err := startTime(seen.Proc, o.pid)
		if err == nil {
			return o.start != start
		}
		if gone(seen, o.pid) {
			return true
		}
		// It may live: /proc can hide the processes of other users (hidepid).
	}
	return age > o.ttl
}

// gone is true when no process of the namespace has that ID, whoever's it may be.
// Those outside can't be asked; where process 1 is seen, none is hidden.
func gone(in outside.Process, pid int) bool {
	if in.Namespace != outside.Inside().Namespace {
		_, err := startTime(in.Proc, 1)
		return err == nil
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = p.Release() }()
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// startTime is field 22 of PID/stat in proc (proc(5)); empty for a zombie, which
// has ended.
func startTime(proc string, pid int) (string, error) {
	b, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "stat"))
	if err != nil {
		return "", err
	}
	// The command name, field 2, may itself hold spaces and parentheses: count
	// from field 3, the state.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	const state, starttime = 0, 22 - 3
	if len(fields) <= starttime {
		return "", fmt.Errorf("process %d: unknown form of stat", pid)
	}
	if fields[state] == "Z" {
		return "", nil
	}
	return fields[starttime], nil
}
