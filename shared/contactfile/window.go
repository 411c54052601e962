package contactfile

import (
	"errors"
	"io"
	"strings"
)

// window is the part of a decoded text that is looked at.
type window struct {
	decoder *decoder // nil: all is there
	text    []byte
	at      int // offset in text of what is not read yet
	shifted func(n int)
	whole   bool // nothing comes after text
	err     error
}

// ahead is what has to be there when a row begins: the longest one, and what is looked at after it.
const ahead = MaxLine + maxQuoted

// fill brings what is ahead.
func (w *window) fill() error {
	if w.whole || len(w.text)-w.at >= ahead {
		return w.err
	}
	if w.at > 0 {
		n := copy(w.text, w.text[w.at:])
		w.text = w.text[:n]
		w.shifted(w.at)
		w.at = 0
	}
	for !w.whole && len(w.text) < 2*ahead-decoded {
		var err error
		if w.text, err = w.decoder.append(w.text); errors.Is(err, io.EOF) {
			w.whole = true
			w.text = trimEnd(w.text)
		} else if err != nil {
			w.err, w.whole = err, true
		}
	}
	return w.err
}

// trimEnd takes the end mark of DOS off.
func trimEnd(text []byte) []byte {
	if n := len(text); n > 0 && text[n-1] == 0x1a {
		return text[:n-1]
	}
	return text
}

// textWindow shows a whole text.
func textWindow(text string) *window { return &window{text: []byte(text), whole: true} }

// Text gives a source of a text.
func Text(text string) Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}
