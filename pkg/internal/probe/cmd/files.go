package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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

// fill PATH: a file as large as the disk lets it be, and the disk's error.
func fill(args []string) error {
	file, err := os.Create(arg(args, 0, ""))
	if err != nil {
		return err
	}
	for block := make([]byte, 1<<20); err == nil; {
		_, err = file.Write(block)
	}
	return err
}

// mkdir PATH [MODE]: a directory, with its parents.
func mkdir(args []string) error {
	path := arg(args, 0, "")
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	mode, err := strconv.ParseUint(arg(args, 1, "755"), 8, 32)
	if err != nil {
		return err
	}
	return syscall.Chmod(path, uint32(mode)) // os.Chmod has other numbers for the sticky bit
}

// stat PATH…: for each a line of mode, user and group, as "-rw-r--r-- 0 0".
func stat(args []string) error {
	for _, path := range args {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return errors.ErrUnsupported
		}
		fmt.Println(info.Mode(), owner.Uid, owner.Gid)
	}
	return nil
}

// once PATH: fails the first time, and leaves a file by which it knows.
func once(args []string) error {
	if exists(args) == nil {
		return nil
	}
	if err := write(args[:1]); err != nil {
		return err
	}
	return errors.New("not at the first time")
}

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

// cat PATH…: the files' content.
func cat(args []string) error {
	for _, path := range args {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if _, err := os.Stdout.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies the file SRC to DST.
func copyFile(args []string) error {
	content, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	return os.WriteFile(args[1], content, 0o644)
}
