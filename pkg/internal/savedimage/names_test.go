package savedimage

import (
	"os"
	"path/filepath"
	"testing"
)

// What Engine 20.10 has written, and engines from 25 on.
func TestNames(t *testing.T) {
	diffIDs := []string{
		"sha256:53b716beabd60adbd4bfe8de72af182191f2367fb621ad653ef9e315d5586bbc",
		"sha256:f779756e7f1b8767a0bda27bcc1f03671a47e1dafa7886241281d3ff7242a0ba",
		"sha256:a721e3a302b8fa81069c95ebcc164821ac56733a98647090759e6128f7a5c50c",
	}
	const (
		lowest = "9db3e942b1de77074592fb276fa5c981919fcaadaf4342a304432615c0c2e1be"
		middle = "74ecc0d5e781e3288469e6ffc1b0eb02a5e4b5d7dac74d5c2d2ecba976e499c5"
		last   = "ee7c454e34b03dec19bc8aa8ecbf323ecabbcf1ffdeb6cda4f0e4ad7b0a198c0"
	)
	files := contents{}
	beside := func(dir, text string) {
		path := filepath.Join(t.TempDir(), "json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files[dir+"/json"] = file{path: path, size: int64(len(text))}
	}
	beside(last, `{"id":"`+last+`","parent":"`+middle+`","created":"2026-11-28T18:13:21.803118413Z"}`)
	beside("other", `{"id":"other","parent":"`+lowest+`"}`)
	beside("moved", `{"id":"`+last+`","parent":"`+middle+`"}`)
	beside("damaged", `{`)
	n := namesOf(diffIDs)
	for name, want := range map[string]string{
		lowest + "/layer.tar":                 diffIDs[0],
		"./" + middle + "/layer.tar":          diffIDs[1],
		last + "/layer.tar":                   diffIDs[2],
		"blobs/sha256/" + diffIDs[1][7:]:      diffIDs[1],
		"other/layer.tar":                     "",
		"moved/layer.tar":                     "",
		"damaged/layer.tar":                   "",
		"absent/layer.tar":                    "",
		last + "/json":                        "",
		lowest + "/VERSION":                   "",
		"manifest.json":                       "",
		"blobs/sha256/" + lowest + "/layer":   "",
		"blobs/sha256/" + lowest + "/../json": "",
	} {
		got, ok := n.diffID(name, files)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s is %s, %v, want %q", name, got, ok, want)
		}
	}
	// The only layer has none below it.
	beside("only", `{"id":"only"}`)
	if got, ok := namesOf(diffIDs[:1]).diffID("only/layer.tar", files); !ok || got.String() != diffIDs[0] {
		t.Errorf("the only layer is %s, %v", got, ok)
	}
	for _, ids := range [][]string{nil, {"no digest"}} {
		if _, ok := namesOf(ids).diffID("only/layer.tar", files); ok {
			t.Errorf("of the layers %v one is known", ids)
		}
	}
}
