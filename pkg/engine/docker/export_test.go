package docker

import (
	"context"
	"net"
)

// SetDial stands in for the way from here to containers.
func (e *Engine) SetDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	e.dial = dial
}
