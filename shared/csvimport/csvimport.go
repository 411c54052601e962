// Package csvimport says what an import of a file of contacts would do before it does it, does it, and undoes it. What
// files are, and how they are read, is in package contactfile.
//
// An import is kept with all that was chosen for it: how the file is read, cells that were corrected, answers. Each look
// at it reads the file twice as a stream: once for what lines have to do with each other, once for what becomes of each.
// Of the directory it holds those persons in memory whom the file mentions.
//
// It is applied in batches. Each is planned as the directory is then; what was there before and what is to be there is
// written to the files store, one part a batch; then the contacts are written, each under the condition that it is as it
// was read; then how far it has come. Killed anywhere, it goes on with the batch that was under way, whose parts say what
// had been done. A contact that somebody changes meanwhile makes its batch be planned again.
//
// A part is a text of one JSON object a line, about a group that was created or a contact as it was and as it became:
//
//	{"group":{"id":"grp_…","name":"ENN"}}
//	{"contact":"ctc_…","lines":{"2":"new"},"before":null,"after":{"name":"Jean Dupont",…,"groups":["grp_…"]}}
//
// They are named <collectivité>/undo/<import>/<batch>-<try>.jsonl. Undoing reads them, the newest first: a contact that is
// as the import left it becomes again what it was; one that is not was changed since, and is named and left.
package csvimport

import (
	"fmt"
	"io"
	"time"

	"convoc/shared/contactfile"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/ident"
	"convoc/shared/store"
)

// Prefix of the identifier of an import.
const Prefix = "imp_"

// Limits of an import.
const (
	MaxQuestions = 1_000          // asked in one import: nobody answers more, and the file can be imported again
	MaxChosen    = 3_000          // lines with corrections and answers
	UndoFor      = 24 * time.Hour // after it was applied
)

// Codes of lines that are refused, beside those of [contactfile].
const (
	LineManyQuestions     = "many_questions"     // nobody is asked about them any more
	LineLateQuestion      = "late_question"      // somebody else came to the address while the import was applied
	LineThirdAddress      = "third_address"      // the person has two others
	LineSubstituteUnknown = "substitute_unknown" // nobody of that name, neither in the directory nor in the file
	LineSubstituteSeveral = "substitute_several" // several of that name
)

// uploadExpiry of the form for the file.
const uploadExpiry = time.Hour

// The refusals of an import.
var (
	ErrNotArrived = errs.Define(errs.Conflict, "import_not_arrived", "the file has not arrived yet")
	ErrUndecided  = errs.Define(errs.Invalid, "import_undecided", "a question about one line has no answer")
	ErrBegun      = errs.Define(errs.Conflict, "import_begun", "the import is applied already, or being applied")
	ErrManyChosen = errs.Define(errs.Invalid, "import_many_chosen", "over 3,000 lines with corrections and answers")
	ErrUndone     = errs.Define(errs.Conflict, "import_undone", "the import has been undone, or is being undone")
	ErrUndoLate   = errs.Define(errs.Conflict, "import_undo_late", "the import was applied over 24 hours ago")
	ErrNotBegun   = errs.Define(errs.Conflict, "import_not_begun", "nothing was imported that could be undone")
)

// Service imports contacts. All fields are needed, but for Workbooks.
type Service struct {
	Tables    store.Tables
	Files     files.Shelves
	Workbooks contactfile.Workbooks // nil: workbooks are refused
	Now       func() time.Time
	Random    io.Reader

	batch int // changes of one batch; 0: maxBatch; less in tests
}

// State is what an import would do with one contact of the file.
type State string

// The states.
const (
	New       State = "new"
	Changed   State = "changed"
	Unchanged State = "unchanged"
	Ask       State = "ask" // another person has the address: the secretary decides
)

// Decision is the secretary's answer about a line.
type Decision string

// « La même personne », « deux personnes, une boîte ».
const (
	SamePerson  Decision = "same"
	OtherPerson Decision = "other"
)

// The contact that an import makes of a line, and the group that it makes of a name, have identifiers of their own: an
// import that was interrupted finds them again, whatever they are called by then.

func contactID(id string, line int) directory.ContactID {
	return directory.ContactID(ident.Derive("ctc_", []byte(id), fmt.Sprint(line)))
}

func groupID(id, name string) directory.GroupID {
	return directory.GroupID(ident.Derive("grp_", []byte(id), directory.Fold(name)))
}
