package files

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"
)

// Kind is a kind of document that is taken.
type Kind struct {
	Media  string // media type with which it is sent
	Ext    string // its usual extension, with the dot
	Inline bool   // browsers show it themselves
}

// kinds are all that is taken: no macros, no HTML, no SVG, no script.
var kinds = []Kind{
	{"application/pdf", ".pdf", true},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx", false},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", false},
	{"application/vnd.oasis.opendocument.text", ".odt", false},
	{"application/vnd.oasis.opendocument.spreadsheet", ".ods", false},
	{"image/jpeg", ".jpg", true},
	{"image/png", ".png", true},
	{"image/heic", ".heic", false},
}

func kindByExt(ext string) (Kind, bool) {
	if ext = strings.ToLower(ext); ext == ".jpeg" {
		ext = ".jpg"
	}
	for _, k := range kinds {
		if k.Ext == ext {
			return k, true
		}
	}
	return Kind{}, false
}

func kindByMedia(media string) Kind {
	for _, k := range kinds {
		if k.Media == media {
			return k
		}
	}
	return Kind{}
}

// Inline tells whether browsers show this media type themselves.
func Inline(media string) bool { return kindByMedia(media).Inline }

// KnownName tells whether a file of this name can be of a kind that is taken: a first answer before the upload.
func KnownName(name string) bool {
	_, known := kindByExt(path.Ext(name))
	return known
}

// Sniff tells the kind of a document by its first bytes (64 KB are enough). The name is only a witness: where it has an
// extension, it must not contradict the bytes. A document that is no kind that is taken gives false.
func Sniff(head []byte, name string) (Kind, bool) {
	k, known := kindByExt(sniffExt(head))
	if !known {
		return Kind{}, false
	}
	named, has := kindByExt(path.Ext(name))
	if path.Ext(name) != "" && (!has || named != k) {
		return Kind{}, false
	}
	return k, true
}

func sniffExt(head []byte) string {
	switch {
	case bytes.Contains(head[:min(len(head), 1024)], []byte("%PDF-")): // PDF allows a little before it
		return ".pdf"
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return ".jpg"
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return ".png"
	case len(head) >= 12 && string(head[4:8]) == "ftyp" && heic(string(head[8:12])):
		return ".heic"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return sniffZip(head)
	}
	return ""
}

func heic(brand string) bool {
	switch brand {
	case "heic", "heix", "heim", "heis", "mif1", "msf1", "hevc":
		return true
	}
	return false
}

// sniffZip tells office documents apart by the names of their first entries. One with macros is none.
func sniffZip(head []byte) string {
	ext, office := "", false
	for rest := head; len(rest) >= 30 && string(rest[:4]) == "PK\x03\x04"; {
		size := int(binary.LittleEndian.Uint32(rest[18:]))
		nameLen, extraLen := int(binary.LittleEndian.Uint16(rest[26:])), int(binary.LittleEndian.Uint16(rest[28:]))
		body := 30 + nameLen + extraLen
		if len(rest) < 30+nameLen {
			break
		}
		name := string(rest[30 : 30+nameLen])
		switch {
		case strings.HasSuffix(name, "vbaProject.bin"):
			return ""
		case name == "mimetype" && len(rest) >= body+size && size < 200:
			return openDocument(string(rest[body : body+size]))
		case name == "[Content_Types].xml" || strings.HasPrefix(name, "_rels/"):
			office = true
		case strings.HasPrefix(name, "word/"):
			ext = ".docx"
		case strings.HasPrefix(name, "xl/"):
			ext = ".xlsx"
		}
		next := bytes.Index(rest[min(len(rest), 30+nameLen):], []byte("PK\x03\x04"))
		if next < 0 {
			break
		}
		rest = rest[30+nameLen+next:]
	}
	if bytes.Contains(head, []byte("vbaProject.bin")) || bytes.Contains(head, []byte("macroEnabled")) || !office {
		return ""
	}
	return ext
}

func openDocument(mimetype string) string {
	for _, k := range kinds {
		if k.Media == mimetype {
			return k.Ext
		}
	}
	return ""
}
