package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// write PATH TEXT…: a file, with its directories.
func write(args []string) error {
	if len(args) == 0 {
		return errors.New("no path")
	}
	if err := os.MkdirAll(filepath.Dir(args[0]), 0o755); err != nil {
		return err
	}
	return os.WriteFile(args[0], []byte(strings.Join(args[1:], " ")), 0o644)
}

// big PATH BYTES: a file of that size which takes no room on the disk.
func big(args []string) error {
	size, err := strconv.ParseInt(arg(args, 1, ""), 10, 64)
	if err != nil {
		return err
	}
	if err := write(args[:1]); err != nil {
		return err
	}
	return os.Truncate(args[0], size)
}

// mkdir PATH: a directory, with its parents.
func mkdir(args []string) error { return os.MkdirAll(arg(args, 0, ""), 0o755) }

// symlink TARGET PATH: a link, with its directories.
func symlink(args []string) error {
	path := arg(args, 1, "")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.Symlink(args[0], path)
}

// exists PATH: fails when nothing is there.
func exists(args []string) error {
	_, err := os.Lstat(arg(args, 0, ""))
	return err
}

// cat PATH: the file's content.
func cat(args []string) error {
	b, err := os.ReadFile(arg(args, 0, ""))
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(b)
	return err
}

// copyFile copies the file SRC to DST.
func copyFile(args []string) error {
	content, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	return os.WriteFile(args[1], content, 0o644)
}
