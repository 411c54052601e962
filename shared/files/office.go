package files

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
)

// sniffOffice tells office documents apart by the list of their parts, which is at the end of the file: it is what office
// programs go by, whatever else the file holds. A document with macros is none.
func sniffOffice(r io.ReaderAt, size int64) string {
	z, err := zip.NewReader(r, size)
	if err != nil || len(z.File) == 0 {
		return ""
	}
	if z.File[0].Name == "mimetype" {
		return openDocument(z)
	}
	return officeOpen(z)
}

// officeOpen reads the kind of an Office Open XML document: the first folder that tells decides. That it has macros is
// said in its list of types (ECMA-376 part 2, 10.1.2), whatever they are called; Office opens them under another
// extension than ours only.
func officeOpen(z *zip.Reader) string {
	ext := ""
	for _, f := range z.File {
		if name := strings.ToLower(f.Name); programs(name) {
			return ""
		}
		switch {
		case ext != "":
		case strings.HasPrefix(f.Name, "word/"):
			ext = ".docx"
		case strings.HasPrefix(f.Name, "xl/"):
			ext = ".xlsx"
		}
	}
	types, ok := part(z, "[Content_Types].xml")
	types = bytes.ToLower(types)
	if !ok || bytes.Contains(types, []byte("macroenabled")) || bytes.Contains(types, []byte("vbaproject")) {
		return ""
	}
	return ext
}

// programs tells the parts of an Office Open XML document that run, and documents inside it that have such parts.
func programs(name string) bool {
	switch path.Ext(name) {
	case ".docm", ".dotm", ".xlsm", ".xltm", ".xlam", ".pptm", ".potm", ".ppam", ".ppsm", ".sldm":
		return true
	}
	return strings.Contains(name, "vbaproject") || strings.Contains(name, "vbadata") || strings.Contains(name, "/macrosheets/")
}

// openDocument reads the kind that an ODF document gives itself in its first part, which is stored as it is (ODF 1.3 part
// 2, 3.3). Macros are in folders of their own, also of a document inside.
func openDocument(z *zip.Reader) string {
	for _, f := range z.File {
		folders := strings.Split(strings.ToLower(path.Dir(f.Name)), "/")
		if slices.Contains(folders, "basic") || slices.Contains(folders, "scripts") {
			return ""
		}
	}
	media, ok := part(z, "mimetype")
	if !ok || z.File[0].Method != zip.Store || !strings.HasPrefix(string(media), "application/vnd.oasis.opendocument.") {
		return ""
	}
	return KindOf(string(media)).Ext
}

// maxPart is how long a part that tells the kind may be.
const maxPart = 1 << 20

// part reads one part of a document; false when there are none or several of the name, or it is too long or broken.
func part(z *zip.Reader, name string) (content []byte, ok bool) {
	var found *zip.File
	for _, f := range z.File {
		if strings.EqualFold(f.Name, name) {
			if found != nil {
				return nil, false
			}
			found = f
		}
	}
	if found == nil {
		return nil, false
	}
	r, err := found.Open()
	if err != nil {
		return nil, false
	}
	defer r.Close()
	content, err = io.ReadAll(io.LimitReader(r, maxPart+1))
	return content, err == nil && len(content) <= maxPart
}
