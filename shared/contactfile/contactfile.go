// Package contactfile reads files of contacts as Excel, LibreOffice, mail programs, old tools and people make them, and
// writes those that are saved from the directory.
//
// [Open] looks through the file once and says what it found ([Layout]): the encoding, the separator, the headings, what
// the columns hold. Whoever knows better gives it back changed in [Options]. [Reader.Next] then gives the rows one after
// the other, in memory that grows with the number of persons only: what tells them apart is kept, about 40 bytes each.
// [Read] collects them.
//
// A line is never lost in silence: each becomes a contact, is the same person as an earlier one, is blank, or is an error
// with its number, its cells and a code. What may have been meant is proposed ([Line.Suggestion]) and never put in place
// of what stands there; [Options.Corrections] does that.
//
// # What is read
//
// Encodings: UTF-8, UTF-16 with or without its mark, Windows-1252, ISO-8859-15, CP850, Mac Roman. Line ends of all kinds.
// Separators: « ; », « , », tab, « | ». A quote opens a cell where it is the first thing of it; one that is never closed is
// a character like others.
//
// A cell of groups holds one, or several apart by « | », « ; », « ::: » or a line end. A comma is part of a name
// (« Travaux, voirie »), unless the parts are groups of other lines too. A name in quotes of its own stays whole.
//
// A cell that begins with = + - @, a tab or a line end is written with an apostrophe before it, so that no spreadsheet
// takes it as a formula; one such apostrophe is taken off when it is read.
//
// # Codes
//
// Of whole files ([ErrFile] about one of them): the constants Code…. Of lines: the constants Line…. Of what is only
// pointed out: the constants Warning….
package contactfile

import (
	"io"

	"convoc/shared/directory"
	"convoc/shared/errs"
)

// Limits of a file.
const (
	MaxSize    = 20 << 20 // bytes
	MaxLines   = 200_000
	MaxColumns = 66
	MaxCell    = 4 << 10   // bytes
	MaxLine    = 512 << 10 // bytes of a row, with its quotes
	MaxGroups  = 1_000     // groups named in one file: more are columns that hold something else
	MaxDetail  = 200       // characters of a civility, a function, a phone
	MaxRank    = 9_999
)

// Limits lets a program that no stranger feeds lift them; zero fields are those of the product.
type Limits struct {
	Size   int64 // bytes
	Lines  int
	Errors int // lines in error that [Read] keeps; zero: the first 1,000
}

// Codes of whole files that are refused, by their content and whatever they are called.
const (
	CodeEmpty     = "empty"
	CodeHTML      = "html"      // a page, or what many old tools call Excel
	CodeMHT       = "mht"       // a page in one file
	CodeXLSX      = "xlsx"      // where workbooks are not read, and those that cannot be
	CodeXLSM      = "xlsm"      // with macros
	CodeXLSB      = "xlsb"      // binary
	CodeXLS       = "xls"       // Excel 97 and before
	CodeXML       = "xml"       // Excel 2003's, and others
	CodeODS       = "ods"       // LibreOffice
	CodeNumbers   = "numbers"   // Apple
	CodeEncrypted = "encrypted" // a workbook with a password
	CodeSLK       = "slk"
	CodeDIF       = "dif"
	CodePRN       = "prn" // columns aligned by spaces
	CodePDF       = "pdf"
	CodeRTF       = "rtf"
	CodeWord      = "word" // .doc, .docx, .odt
	CodeZIP       = "zip"  // and other archives
	CodeImage     = "image"
	CodeVCard     = "vcard"
	CodeLDIF      = "ldif"
	CodeJSON      = "json"
	CodeBinary    = "binary"
)

// The refusals of whole files; ErrFile carries one of the codes above as its About.
var (
	ErrFile         = errs.Define(errs.Invalid, "import_file", "the file holds no contacts that can be read")
	ErrTooLarge     = errs.Define(errs.TooLarge, "import_too_large", "the file is over 20 MB")
	ErrTooManyLines = errs.Define(errs.Invalid, "import_too_many_lines", "the file has over 200,000 lines")
	ErrNoAddress    = errs.Define(errs.Invalid, "import_no_address", "no line of the file holds an address")
	ErrManyGroups   = errs.Define(errs.Invalid, "import_many_groups", "the file names over 1,000 groups")
	ErrOptions      = errs.Define(errs.Invalid, "import_options", "an encoding, a separator, a sheet or a column that there is not")
)

func refused(code string) error { return ErrFile.At("file", code) }

// Codes of lines that are refused.
const (
	LineAddressMissing   = "address_missing"
	LineAddressInvalid   = "address_invalid"
	LineTooManyAddresses = "too_many_addresses"
	LineSeveralPersons   = "several_persons" // in one cell
	LineCellTooLong      = "cell_too_long"
	LineTooLong          = "too_long"
	LineTooManyColumns   = "too_many_columns"
	LineNameTooLong      = "name_too_long"
	LineDetailTooLong    = "detail_too_long"
	LineGroupTooLong     = "group_too_long"
	LineTooManyGroups    = "too_many_groups"
	LineYesNoInvalid     = "yes_no_invalid"
	LineRankInvalid      = "rank_invalid"
)

// Codes of what is only pointed out.
const (
	WarningMojibake    = "mojibake"     // « RenÃ© »: decoded wrongly before it came here
	WarningLostAccents = "lost_accents" // « Ren? », « Ren\uFFFD »: they are gone
	WarningMixed       = "mixed"        // two encodings in one file: each was read as what it is
)

// Contact is one person of a file. What is zero is not said by the file: it changes nothing in the directory.
type Contact struct {
	Line         int // of the first mention, from 1
	Address      directory.Address
	Second       directory.Address // another mail of the same person
	Civility     string
	FirstName    string
	LastName     string
	Name         string // description; else first and last name; else what stands beside the address
	Function     string
	Phone        string // several are apart by « / »
	Active       Flag
	Paper        Flag
	Rank         int      // « ordre du tableau », from 1
	SubstituteOf string   // name of whom the person stands in for (« suppléant de »)
	Groups       []string // each in the form first written in the file

	Other     string // name of another person at the same address, earlier in the file: to be confirmed; else empty
	OtherLine int    // of Other in the file; 0 when there is none
}

// Flag is an answer to yes or no.
type Flag string

// The flags.
const (
	Unsaid Flag = ""
	Yes    Flag = "yes"
	No     Flag = "no"
)

// Line is what became of a row.
type Line struct {
	Number     int // physical line it begins on, or row of the sheet, from 1
	Contact    Contact
	Into       int      // line of the contact that is the same person, which this one completes; 0: there is none
	Code       string   // why it is in error; then Contact is zero
	Column     int      // from 0: the cell that Code or Suggestion is about; -1: none
	Suggestion string   // what that cell may be meant to be; empty: no idea. It may come without an error
	Cells      []string // of a line in error, as they stand there; of all with Options.KeepCells
}

// Source opens a file at its beginning, as often as it is asked.
type Source func() (io.ReadCloser, error)

// Options say what is known better than found. The zero value finds everything.
type Options struct {
	Encoding   string // one of the encodings; empty: found
	Separator  string // one character of « ;,|» or a tab; empty: found
	Header     Flag   // whether the first line holds headings; Unsaid: found
	Columns    []Role // by position; those beyond are ignored; nil: found
	Sheet      string // of a workbook; empty: the first that holds something
	GroupComma Flag   // whether a comma parts groups in a cell: Yes: always; No: never; Unsaid: see the package

	// Corrections are cells instead of the file's own, by line. A line without cells is left out.
	Corrections map[int][]string
	// WithoutAddress takes lines that have a name and no address as persons to convene on paper. Without it only those
	// are that the file says it of in a column of its own.
	WithoutAddress bool
	KeepCells      bool // gives the cells of all lines, not of those in error only

	Workbooks Workbooks // nil: they are refused
	Limits    Limits
}

// Layout is what was found of a file.
type Layout struct {
	Encoding   string // empty for a workbook
	Separator  string // empty for a workbook
	Header     bool
	HeaderLine int // 0 when there is none
	Columns    []Column
	Sheets     []string // of a workbook
	Sheet      string   // the one that is read
	Warnings   []string
	Size       int64 // bytes
}

// Column is one column of a file.
type Column struct {
	Title  string // its heading; empty when there is none
	Role   Role
	Sample []string // its first cells that are not blank
}
