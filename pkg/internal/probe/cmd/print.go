package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// echo TEXT…: a line on standard output.
func echo(args []string) error {
	_, err := fmt.Println(strings.Join(args, " "))
	return err
}

// err TEXT…: a line on standard error.
func errorLine(args []string) error {
	_, err := fmt.Fprintln(os.Stderr, strings.Join(args, " "))
	return err
}

// flood N: the lines "line 1" to "line N".
func flood(args []string) error {
	n, err := strconv.Atoi(arg(args, 0, ""))
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	for i := range n {
		_, _ = fmt.Fprintf(out, "line %d\n", i+1)
	}
	return out.Flush()
}

// env NAME: the variable's value.
func env(args []string) error {
	return echo([]string{os.Getenv(arg(args, 0, ""))})
}

// id: user and group, as "1000:1000".
func id([]string) error {
	_, err := fmt.Printf("%d:%d\n", os.Getuid(), os.Getgid())
	return err
}

// pwd: the working directory.
func pwd([]string) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	return echo([]string{dir})
}

// hostname: the machine's name.
func hostname([]string) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	return echo([]string{name})
}
