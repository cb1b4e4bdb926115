package savedimage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// names tell which of the image's layers a file is before its bytes do: how the
// engines name files follows from what the layers are. A name that says nothing
// costs time only, and what it says is held against the bytes in the end.
type names struct {
	known map[string]v1.Hash // by the part of the name that tells
	below string             // the name of the layer below the last, empty where there is none
	last  v1.Hash
}

// emptyV1 is what Docker Image Specification v1 knows of a layer that is not the
// image's last, as Engine 1.10 to 24 write it.
const emptyV1 = `"container_config":{"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,` +
	`"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,"Image":"","Volumes":null,` +
	`"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null},"created":"1970-01-01T00:00:00Z"`

// namesOf gives the names of the layers that have the diff IDs, the lowest first.
func namesOf(diffIDs []string) names {
	n := names{known: map[string]v1.Hash{}}
	chain := ""
	for i, text := range diffIDs {
		id, err := v1.NewHash(text)
		if err != nil {
			return names{}
		}
		n.known[id.Hex] = id // Engine 25 and newer: blobs/sha256/DIFFID
		if n.last = id; i == len(diffIDs)-1 {
			break
		}
		if chain == "" { // image-spec v1.1, config.md: Layer ChainID
			chain = text
		} else {
			chain = "sha256:" + sha256Hex(chain+" "+text)
		}
		below := `{` + emptyV1 + `,"layer_id":"` + chain + `"`
		if n.below != "" {
			below += `,"parent":"sha256:` + n.below + `"`
		}
		n.below = sha256Hex(below + `}`)
		n.known[n.below] = id // Engine 24 and older: V1ID/layer.tar
	}
	return n
}

// diffID gives the layer's that a file of the name is, ok where that is known.
func (n names) diffID(name string, files contents) (id v1.Hash, ok bool) {
	dir, base := path.Split(path.Clean(name))
	if base != "layer.tar" {
		id, ok = n.known[base]
		return id, ok
	}
	if id, ok = n.known[path.Base(dir)]; ok || len(n.known) == 0 {
		return id, ok
	}
	// The last one's name depends on all of the config; what lies beside it names
	// the layer below.
	raw, err := files.readJSON(dir + "json")
	var beside struct{ ID, Parent string }
	if err != nil || json.Unmarshal(raw, &beside) != nil {
		return v1.Hash{}, false
	}
	return n.last, beside.ID == path.Base(dir) && beside.Parent == n.below
}

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
