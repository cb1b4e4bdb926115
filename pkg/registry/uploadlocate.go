package registry

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// locate asks the registry how much of the upload it has (distribution-spec
// v1.1, "Pushing a blob in chunks"). One that it has forgotten may have been
// committed by a request whose answer was lost.
func (u *upload) locate(ctx context.Context) error {
	k := uploadCall(http.MethodGet, u.repo)
	k.at, k.want = u.at, []int{http.StatusNoContent, http.StatusOK, http.StatusAccepted}
	resp, err := u.do(ctx, k)
	if code := status(err); code >= http.StatusBadRequest && code < http.StatusInternalServerError && !transient(err, true) {
		return u.lost(ctx, err)
	}
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	told, ok := rangeEnd(resp)
	switch {
	case !ok:
		told = 0
	case u.blob.known() && told > u.blob.size, u.sent >= 0 && told > u.sent:
		return fmt.Errorf("%w: it says that it has %d bytes, more than it was sent", errGarbled, told)
	}
	if next, err := locationOf(resp); err == nil && resp.Header.Get("Location") != "" {
		u.at = next
	}
	u.offset, u.uncertain, u.resumed = told, false, true
	if told > 0 {
		u.note(fmt.Sprintf("upload of %s to %s goes on after %s", short(u.name()), show(u.repo), u.progress()))
	}
	u.journal.keep(u.repo, u.blob, u.at)
	return nil
}

// progress is how much the registry has.
func (u *upload) progress() string {
	if !u.blob.known() {
		return fmt.Sprintf("%d bytes", u.offset)
	}
	return fmt.Sprintf("%d of %d bytes", u.offset, u.blob.size)
}

// lost is for an upload that the registry does not know any more.
func (u *upload) lost(ctx context.Context, cause error) error {
	if err := u.blob.wait(ctx); err != nil {
		return err
	}
	if u.blob.known() {
		has, err := u.hasBlob(ctx, u.repo, transport.PushScope, u.blob.digest, u.blob.size)
		if err != nil {
			return err
		}
		if has {
			u.complete, u.digest = true, u.blob.digest
			return nil
		}
	}
	u.note(fmt.Sprintf("upload of %s to %s begins anew: the registry has forgotten it: %v", short(u.name()), show(u.repo), plain(cause)))
	u.forget()
	return nil
}

// rangeEnd reads how many bytes the registry has from "0-<last>". Of an upload
// without any, registries say 0-0.
func rangeEnd(resp *http.Response) (int64, bool) {
	_, last, ok := strings.Cut(strings.TrimPrefix(resp.Header.Get("Range"), "bytes="), "-")
	end, err := strconv.ParseInt(last, 10, 64)
	if !ok || err != nil || end < 0 {
		return 0, false
	}
	if end == 0 {
		return 0, true
	}
	return end + 1, true
}

// locationOf is where the registry wants the next request. It may be another
// host, but not one on this machine or network that the registry is not on.
func locationOf(resp *http.Response) (*url.URL, error) {
	asked := resp.Request.URL
	at, err := asked.Parse(resp.Header.Get("Location"))
	if err != nil {
		return nil, fmt.Errorf("location of the upload: %w", err)
	}
	if at.Host != asked.Host && nearby(at.Hostname()) && !nearby(asked.Hostname()) {
		return nil, fmt.Errorf("location of the upload is at %s, which %s has no business with", at.Host, asked.Host)
	}
	return at, nil
}

// nearby is true for addresses that only this machine or its network reaches.
func nearby(host string) bool {
	addr, err := netip.ParseAddr(host)
	return loopback(host) || err == nil && (addr.Unmap().IsPrivate() || addr.Unmap().IsLinkLocalUnicast())
}
