package contactfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// decoded bytes come of one read, at most: three for each.
const (
	encoded = 128 << 10
	decoded = 3*encoded + 16
)

// decoder gives a file as UTF-8 with LF line ends.
type decoder struct {
	r       io.Reader
	in      []byte // read and not decoded yet
	buffer  []byte
	utf8    bool
	order   order
	letters [128]string // of an eight-bit encoding; in UTF-8, of bytes that it does not have
	cr      bool        // the last one was CR: a LF after it is of the same line end
	begun   bool
	lead    utf16Half
}

// utf16Half is the first half of a pair.
type utf16Half struct {
	r     rune
	there bool
}

func newDecoder(r io.Reader, encoding string, head []byte) *decoder {
	d := &decoder{r: r, buffer: make([]byte, encoded+utf8.UTFMax)}
	switch encoding {
	case UTF8:
		d.utf8, d.letters = true, lettersOf(eightBit(Windows1252))
	case UTF16:
		if d.order = utf16Order(head); d.order == none {
			d.order = littleEndian
		}
	default:
		d.letters = lettersOf(eightBit(encoding))
	}
	return d
}

// append decodes a little more. Errors: io.EOF at the end; then text may have grown too.
func (d *decoder) append(text []byte) ([]byte, error) {
	kept := copy(d.buffer, d.in)
	n, err := io.ReadAtLeast(d.r, d.buffer[kept:kept+encoded], 1)
	ends := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !ends {
		return text, err
	}
	d.in = d.buffer[:kept+n]
	if !d.begun && (len(d.in) >= 3 || ends) {
		d.begun = true
		if d.utf8 {
			d.in = bytes.TrimPrefix(d.in, bom)
		}
	}
	if !d.begun {
		return text, nil
	}
	switch {
	case d.order != none:
		text = d.wide(text, ends)
	default:
		text = d.narrow(text, ends)
	}
	if ends {
		return text, io.EOF
	}
	return text, nil
}

const (
	ones       = 0x0101010101010101
	carriageIn = 0x0d0d0d0d0d0d0d0d
)

// narrow decodes UTF-8 and eight bits.
func (d *decoder) narrow(text []byte, ends bool) []byte {
	in := d.in
	i := 0
	for i < len(in) {
		from := i
		for i+8 <= len(in) {
			word := binary.LittleEndian.Uint64(in[i:])
			returns := word ^ carriageIn // a zero byte where a CR is
			if (word|((returns-ones)&^returns))&high != 0 {
				break
			}
			i += 8
		}
		for i < len(in) && in[i] < utf8.RuneSelf && in[i] != '\r' {
			i++
		}
		if i > from {
			if d.cr && in[from] == '\n' {
				from++
			}
			d.cr = false
			text = append(text, in[from:i]...)
		}
		if i == len(in) {
			break
		}
		if in[i] == '\r' {
			text, d.cr = append(text, '\n'), true
			i++
			continue
		}
		d.cr = false
		n := 1
		if d.utf8 {
			if !ends && !utf8.FullRune(in[i:]) {
				break
			}
			var r rune
			if r, n = utf8.DecodeRune(in[i:]); r != utf8.RuneError || n > 1 {
				text = append(text, in[i:i+n]...)
				i += n
				continue
			}
		}
		text = append(text, d.letters[in[i]-128]...)
		i++
	}
	d.in = in[i:]
	return text
}

// wide decodes UTF-16.
func (d *decoder) wide(text []byte, ends bool) []byte {
	for len(d.in) >= 2 {
		r := rune(d.in[0]) | rune(d.in[1])<<8
		if d.order == bigEndian {
			r = rune(d.in[1]) | rune(d.in[0])<<8
		}
		d.in = d.in[2:]
		text = d.unit(text, r)
	}
	if ends && (len(d.in) > 0 || d.lead.there) {
		text, d.in = utf8.AppendRune(text, utf8.RuneError), nil
	}
	return text
}

// unit adds one unit of UTF-16.
func (d *decoder) unit(text []byte, r rune) []byte {
	if d.lead.there {
		lead := d.lead.r
		d.lead = utf16Half{}
		if whole := utf16.DecodeRune(lead, r); whole != utf8.RuneError {
			return utf8.AppendRune(text, whole)
		}
		text = utf8.AppendRune(text, utf8.RuneError)
	}
	after := d.cr
	d.cr = r == '\r'
	switch {
	case r == '\n' && after:
		return text
	case r == '\r':
		return append(text, '\n')
	case r == '\ufeff': // the mark
		return text
	case r >= 0xd800 && r < 0xdc00:
		d.lead = utf16Half{r, true}
		return text
	case utf16.IsSurrogate(r):
		return utf8.AppendRune(text, utf8.RuneError)
	}
	return utf8.AppendRune(text, r)
}
