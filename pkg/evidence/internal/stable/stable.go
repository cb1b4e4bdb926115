// Package stable reads and writes protobuf messages as JSON whose bytes depend
// on the message alone, which protojson's do not.
package stable

import (
	"bytes"
	"encoding/json"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Marshal writes protobuf JSON without the random blanks that protojson puts
// into it on purpose. Its maps are sorted already.
func Marshal(m proto.Message) ([]byte, error) {
	raw, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Compact(&out, raw)
	return out.Bytes(), err
}

// Unmarshal reads protobuf JSON and ignores the fields that the message does
// not know.
func Unmarshal(data []byte, m proto.Message) error {
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, m)
}
