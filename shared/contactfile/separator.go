package contactfile

import (
	"bytes"
	"strings"
)

// separators in the order of preference.
const separators = ";,\t|"

// sampled rows decide what a file is made of, in so many bytes of its beginning.
const (
	sampled      = 200
	sampledBytes = 256 << 10
)

// cutSepLine tells the separator of Excel's « sep=; » first line, and how long that line is; 0 when there is none.
func cutSepLine(text []byte) (length int, sep byte) {
	first, _, ends := bytes.Cut(text, []byte("\n"))
	length = len(first)
	if ends {
		length++
	}
	line := strings.Trim(string(first[:min(len(first), 100)]), " \"\ufeff")
	value, found := strings.CutPrefix(strings.ToLower(line), "sep=")
	if !found || value == "" || strings.IndexByte(separators, value[0]) < 0 {
		return 0, 0
	}
	return length, value[0]
}

// findSeparator chooses the separator that frees the most addresses; then the one that cuts the most of the first rows;
// then the one that cuts them into the most cells; then the first of the list.
func findSeparator(text []byte) byte {
	best, bestScore := separators[0], [3]int{}
	for _, sep := range []byte(separators) {
		var score [3]int
		for _, r := range sample(text, sep) {
			if len(r.cells) < 2 {
				continue
			}
			score[1]++
			score[2] += len(r.cells)
			for _, c := range r.cells {
				if holdsAddress(c) {
					score[0]++
					break
				}
			}
		}
		if more(score, bestScore) {
			best, bestScore = sep, score
		}
	}
	return best
}

func more(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return false
}

// sample gives the first rows of a text.
func sample(text []byte, sep byte) []row {
	if len(text) > sampledBytes {
		text = text[:sampledBytes]
		if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
			text = text[:i+1]
		}
	}
	var rows []row
	p := newParser(&window{text: text, whole: true}, sep, 1)
	for len(rows) < sampled {
		r, ok, err := p.next()
		if !ok || err != nil {
			break
		}
		if !r.blank() {
			rows = append(rows, r.clone())
		}
	}
	return rows
}

// aligned tells a text whose columns are apart by spaces: the lines hold more than an address, and no separator.
func aligned(rows []row) bool {
	n := 0
	for _, r := range rows {
		if len(r.cells) > 1 {
			return false
		}
		words := bytes.Fields(r.cells[0])
		for _, w := range words {
			if len(words) > 1 && holdsAddress(w) && bytes.IndexByte(w, '<') < 0 && !holdsAddress(r.cells[0]) {
				n++
				break
			}
		}
	}
	return n > 0 && 2*n >= len(rows)
}
