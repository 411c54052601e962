package pdfmerger

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"convoc/shared/files"
)

// The limits of the process that merges.
const (
	// maxMemory is measured with pdfcpu v0.15.0. 97 MB of scans take 204 MB in one document and 162 MB in four, 10,000 pages
	// of text 226 MB, 200,000 objects 256 MB. Of the 512 MB of the smallest function that merges, what exceeds the limit
	// until it is seen leaves 150 MB to the function itself.
	maxMemory = 320 << 20
	maxStack  = 32 << 20         // a chain of objects takes 0.7 KB of it for each; 9,000 pages that link to the next one fit
	maxTime   = 10 * time.Second // 97 MB of scans take 0.4 s, 10,000 pages 3 s; a function has half a processor
	lookEvery = 5 * time.Millisecond
)

// What the process ends with.
const (
	merged   = 0
	refused  = 1
	exceeded = 3 // 2 is what Go ends with
)

var errLarge = errors.New("the documents are too large")

// heading is the line that comes before the bytes of a document.
type heading struct {
	Title string `json:"title"`
	Size  int64  `json:"size"`
}

// run is all that the process does, in so much time.
func run(limit string, in io.Reader, out io.Writer) int {
	end, err := time.ParseDuration(limit)
	if err != nil {
		return refused
	}
	debug.SetMaxStack(maxStack)
	debug.SetMemoryLimit(maxMemory * 7 / 8) // what cannot be collected may grow beyond
	time.AfterFunc(end, func() { os.Exit(exceeded) })
	go watch()
	if err := merge(in, out); err != nil {
		return refused // why is nobody's: it would quote the documents
	}
	return merged
}

// watch ends the process when it takes too much memory.
func watch() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(lookEvery) {
		metrics.Read(sample)
		if sample[0].Value.Uint64()-sample[1].Value.Uint64() > maxMemory {
			os.Exit(exceeded)
		}
	}
}

// merge writes the documents that come in as one.
func merge(in io.Reader, out io.Writer) error {
	from := bufio.NewReader(in)
	var v volume
	left := int64(files.MaxMerge)
	for {
		line, err := from.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return v.write(out)
		}
		if err != nil {
			return err
		}
		var d heading
		if err := json.Unmarshal(line, &d); err != nil {
			return err
		}
		if left -= d.Size; d.Size < 0 || left < 0 {
			return errLarge
		}
		pdf := make([]byte, d.Size)
		if _, err := io.ReadFull(from, pdf); err != nil {
			return err
		}
		if err := v.add(d.Title, pdf); err != nil {
			return err
		}
	}
}
