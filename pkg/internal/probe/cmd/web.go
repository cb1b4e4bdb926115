package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// patience is how long get goes on asking.
const patience = 5 * time.Second

// The two commands speak HTTP/1.0 (RFC 1945) by hand: net/http would make the
// program, and with it every test image, three times as large.

// serve ADDRESS [DELAY]: answers every request with "ok", once DELAY is over.
func serve(args []string) error {
	if err := sleep([]string{arg(args, 1, "0s")}); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", arg(args, 0, ":8080")) //nolint:noctx // as long as the process
	if err != nil {
		return err
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go answer(conn)
	}
}

func answer(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	for in := bufio.NewScanner(conn); in.Scan() && in.Text() != ""; {
	}
	_, _ = io.WriteString(conn, "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
}

// get URL [PATIENCE]: the answer's body. It asks again until it gets one, at
// most so long.
func get(args []string) error {
	limit, err := time.ParseDuration(arg(args, 1, patience.String()))
	if err != nil {
		return err
	}
	for end := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		err := getOnce(arg(args, 0, ""))
		if err == nil || time.Now().After(end) {
			return err
		}
	}
}

func getOnce(url string) error {
	host, path, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	conn, err := net.DialTimeout("tcp", host, patience) //nolint:noctx // has a limit
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(conn, "GET /%s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host); err != nil {
		return err
	}
	all, err := io.ReadAll(conn)
	if err != nil {
		return err
	}
	head, body, ok := strings.Cut(string(all), "\r\n\r\n")
	if status, _, _ := strings.Cut(head, "\r\n"); !ok || !strings.HasSuffix(status, " 200 OK") {
		return fmt.Errorf("%s: %q", url, status)
	}
	_, err = os.Stdout.WriteString(body)
	return err
}
