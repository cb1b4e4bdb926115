package main

import (
	"os"
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
