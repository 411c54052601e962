package contactfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf8"
)

// survey is what one look through a file says.
type survey struct {
	size   int64
	head   []byte // its beginning
	body   []byte // all of it, where its beginning is that of no text
	binary bool   // holds NUL

	// Of a text in eight bits or UTF-8.
	runes int     // beyond ASCII, as UTF-8
	wrong int     // bytes that UTF-8 does not have
	pairs []int32 // nil for pure ASCII; else how often each byte beyond ASCII follows each byte: [before<<8|byte]

	double int // letters that were decoded wrongly and written as UTF-8
	lost   int // letters that were replaced
	before byte
}

const headSize = 64 << 10

// look reads a file through. Errors: ErrTooLarge, those of src.
func look(src Source, limit int64) (*survey, error) {
	r, err := src()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s := &survey{}
	buffer := make([]byte, 0, 128<<10)
	for {
		n, err := io.ReadFull(r, buffer[len(buffer):cap(buffer)])
		ends := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ends {
			return nil, err
		}
		chunk := buffer[len(buffer) : len(buffer)+n]
		if s.size += int64(n); s.size > limit {
			return nil, ErrTooLarge
		}
		s.keep(chunk)
		left := s.count(buffer[:len(buffer)+n], ends)
		buffer = buffer[:copy(buffer[:cap(buffer)], left)]
		if ends {
			return s, nil
		}
	}
}

// keep holds on to the beginning, and to all of what is no text.
func (s *survey) keep(chunk []byte) {
	if s.head == nil {
		s.head = bytes.Clone(chunk)
		if container(s.head) {
			s.body = s.head[:len(s.head):len(s.head)]
		}
		s.binary = bytes.IndexByte(chunk, 0) >= 0
		return
	}
	if s.body != nil {
		s.body = append(s.body, chunk...)
	}
	s.binary = s.binary || bytes.IndexByte(chunk, 0) >= 0
}

const high = 0x8080808080808080

// count goes through bytes, and gives back what may be the beginning of a letter.
func (s *survey) count(text []byte, ends bool) []byte {
	for i := 0; i < len(text); {
		for i+8 <= len(text) && binary.LittleEndian.Uint64(text[i:])&high == 0 {
			i += 8
		}
		for i < len(text) && text[i] < utf8.RuneSelf {
			i++
		}
		if i == len(text) {
			break
		}
		if s.pairs == nil {
			s.pairs = make([]int32, 1<<16)
		}
		if s.wrong > 1_000 && s.wrong > s.runes { // eight bits: one by one
			s.wrong++
			s.pairs[int(previous(text, i, s.before))<<8|int(text[i])]++
			i++
			continue
		}
		if !ends && !utf8.FullRune(text[i:]) {
			s.before = previous(text, i, s.before)
			return text[i:]
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			s.wrong++
		} else {
			s.runes++
			s.doubtful(r, text[i+n:])
		}
		for range n {
			s.pairs[int(previous(text, i, s.before))<<8|int(text[i])]++
			i++
		}
	}
	s.before = previous(text, len(text), s.before)
	return nil
}

func previous(text []byte, i int, before byte) byte {
	if i == 0 {
		return before
	}
	return text[i-1]
}

// doubtful notes letters that stand where others stood: those whose UTF-8 was read as Windows-1252 (« Ã© »), and the sign
// of those that are gone.
func (s *survey) doubtful(r rune, after []byte) {
	if r == utf8.RuneError {
		s.lost++
	}
	if r == 'Ã' || r == 'Â' || r == 'â' {
		if next, _ := utf8.DecodeRune(after); (next >= 0x80 && next <= 0xbf) || next == '€' || next == 'Å' || next == 'ˆ' || next == '‰' {
			s.double++
		}
	}
}
