package structure

// maxOutput is how much of a command's output is kept and searched, in bytes.
const maxOutput = 4 << 20

// capture keeps the beginning of an output.
type capture struct {
	kept []byte
	more bool // there was more
}

// Write never fails.
func (c *capture) Write(p []byte) (int, error) {
	c.write(p)
	return len(p), nil
}

func (c *capture) write(p []byte) {
	room := maxOutput - len(c.kept)
	if len(p) > room {
		p, c.more = p[:room], true
	}
	c.kept = append(c.kept, p...)
}
