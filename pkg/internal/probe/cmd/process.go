package main

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// exit N: ends the probe with that exit code.
func exit(args []string) error {
	code, err := strconv.Atoi(arg(args, 0, "0"))
	if err != nil {
		return err
	}
	os.Exit(code)
	return nil
}

// sleep DURATION.
func sleep(args []string) error {
	d, err := time.ParseDuration(arg(args, 0, ""))
	time.Sleep(d)
	return err
}

// hang: never ends by itself, nor by a polite signal.
func hang([]string) error {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
	for {
		time.Sleep(time.Hour)
	}
}

// daemon COMMAND…: does it in a process of its own session, which is not waited for.
func daemon(args []string) error {
	cmd := exec.CommandContext(context.Background(), "/proc/self/exe", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

// alloc MIB: takes so much memory, and touches every page of it.
func alloc(args []string) error {
	mib, err := strconv.Atoi(arg(args, 0, ""))
	if err != nil {
		return err
	}
	taken := make([]byte, mib<<20)
	for i := 0; i < len(taken); i += 4096 {
		taken[i] = 1
	}
	return echo([]string{"took", strconv.Itoa(len(taken) >> 20), "MiB"})
}
