package docker

import "testing"

func TestNearness(t *testing.T) {
	for address, want := range map[string]near{
		"unix:///var/run/docker.sock": here, "npipe:////./pipe/docker_engine": here,
		"tcp://127.0.0.1:2375": tunnel, "tcp://localhost:2375": tunnel, "tcp://[::1]:2375": tunnel,
		"tcp://10.0.0.1:2376": far, "tcp://docker:2375": far, "http://docker.example.com": far, "::": far,
	} {
		if got := nearness(address); got != want {
			t.Errorf("%s is %d, want %d", address, got, want)
		}
	}
}
