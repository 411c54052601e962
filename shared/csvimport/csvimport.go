// Package csvimport says what an import of a file of contacts would do before it does it, and does it. What files are, and
// how they are read, is in package contactfile.
//
// TODO(#6): streaming, corrections in place, columns that the secretary changes, undo, second addresses.
package csvimport

// MaxQuestions are asked in one import: nobody answers more, and the file can be imported again.
const MaxQuestions = 1_000

// LineManyQuestions is the code of a line that nobody is asked about any more.
const LineManyQuestions = "many_questions"
