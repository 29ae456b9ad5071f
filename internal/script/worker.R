# Runs scripts of the Execute R Script module, one after the other. Jobs come in
# through one file and answers leave through another, in the form that frame.go
# describes. What a script prints goes to the usual outputs.
.portico <- new.env()
local({
  # No program runs here beside this one. R asks for one when it loads utils, and
  # takes "not found" for an answer, but not that it may not look.
  unlockBinding("Sys.which", baseenv())
  assign("Sys.which", function(names) structure(rep("", length(names)), names = names), envir = baseenv())
  lockBinding("Sys.which", baseenv())
  for (package in c("methods", "datasets", "utils", "grDevices", "graphics", "stats")) library(package, character.only = TRUE)

  arguments <- commandArgs(trailingOnly = TRUE)
  requests <- file(arguments[1], "rb", raw = TRUE)
  answers <- file(arguments[2], "wb", raw = TRUE)
  scratch <- getwd()
  most.images <- 100L
  most.bundled <- 64 * 2^20

  take <- function(what, n, size, signed = TRUE) {
    if (n == 0) return(vector(what, 0))
    values <- readBin(requests, what, n, size, signed = signed, endian = "little")
    if (length(values) != n) quit("no", 0) # nobody asks any more
    values
  }
  number <- function() take("integer", 1L, 4L)
  reals <- function(n) take("double", n, 8L)
  octets <- function(n) take("integer", n, 1L, signed = FALSE)
  block <- function(n) if (n == 0) raw(0) else {
    values <- readBin(requests, "raw", n)
    if (length(values) != n) quit("no", 0)
    values
  }
  utf8 <- function(bytes) { s <- rawToChar(bytes); Encoding(s) <- "UTF-8"; s }
  text <- function() utf8(block(number()))

  read.frame <- function() {
    width <- number(); rows <- number()
    names <- character(width); columns <- vector("list", width)
    for (i in seq_len(width)) {
      names[i] <- text()
      head <- octets(3L)
      missing <- if (head[3] != 0) octets(rows) != 0 else NULL
      columns[[i]] <- read.column(rawToChar(as.raw(head[1])), rows, missing, head[2] != 0)
    }
    frame <- structure(columns, class = "data.frame", row.names = .set_row_names(rows))
    names(frame) <- names
    frame
  }
  read.column <- function(kind, rows, missing, categorical) {
    values <- switch(kind,
      s = {
        lengths <- take("integer", rows, 4L); total <- reals(1L)
        bytes <- block(total)
        # readChar cuts the cells; it warns of a zero byte, which R's texts cannot hold
        texts <- if (rows == 0) character(0) else if (total == 0) rep("", rows) else {
          connection <- rawConnection(bytes); on.exit(close(connection))
          suppressWarnings(readChar(connection, lengths, useBytes = TRUE))
        }
        Encoding(texts) <- "UTF-8"
        texts
      },
      d = reals(rows),
      i = take("integer", rows, 4L),
      b = octets(rows) != 0,
      t = as.POSIXct(reals(rows), origin = "1970-01-01", tz = "UTC"),
      v = as.difftime(reals(rows), units = "secs"))
    if (!is.null(missing)) values[missing] <- NA
    if (categorical) factor(values) else values
  }

  put <- function(out, values, size) writeBin(values, out, size, endian = "little")
  put.number <- function(out, n) put(out, as.integer(n), 4L)
  put.octets <- function(out, n) writeBin(as.raw(n), out)
  put.text <- function(out, s) {
    bytes <- charToRaw(enc2utf8(s))
    put.number(out, length(bytes)); writeBin(bytes, out)
  }
  write.frame <- function(out, frame) {
    put.number(out, ncol(frame)); put.number(out, nrow(frame))
    for (i in seq_len(ncol(frame))) write.column(out, names(frame)[i], frame[[i]])
  }
  write.column <- function(out, name, values) {
    categorical <- is.factor(values)
    if (categorical) values <- as.character(values)
    missing <- is.na(values)
    kind <- if (inherits(values, "Date") || inherits(values, "POSIXt")) "t" else if (inherits(values, "difftime")) "v" else
      if (is.logical(values)) "b" else if (is.integer(values)) "i" else if (is.numeric(values)) "d" else "s"
    put.text(out, name)
    put.octets(out, c(as.integer(charToRaw(kind)), categorical, any(missing)))
    if (any(missing)) put.octets(out, missing)
    plain <- switch(kind,
      t = if (inherits(values, "Date")) unclass(values) * 86400 else as.numeric(as.POSIXct(values)),
      v = as.numeric(values, units = "secs"), d = as.numeric(values), i = as.integer(values),
      b = values, s = enc2utf8(as.character(values)))
    if (kind == "s") plain[missing] <- "" else plain[missing] <- 0
    if (kind == "s") {
      put(out, nchar(plain, "bytes"), 4L)
      writeBin(charToRaw(paste(plain, collapse = "")), out)
    } else if (kind == "i") put(out, as.integer(plain), 4L)
    else if (kind == "b") put.octets(out, plain)
    else put(out, as.double(plain), 8L)
  }

  clean.scratch <- function() {
    setwd(scratch)
    unlink(list.files(scratch, all.files = TRUE, no.. = TRUE, full.names = TRUE), recursive = TRUE, force = TRUE)
    dir.create(file.path(scratch, "src"))
  }
  unpack <- function(bundle) {
    archive <- file.path(tempdir(), "bundle.zip")
    writeBin(bundle, archive)
    on.exit(unlink(archive))
    if (sum(utils::unzip(archive, list = TRUE)$Length) > most.bundled)
      stop("The script bundle unpacks to more than ", most.bundled, " bytes.", call. = FALSE)
    utils::unzip(archive, exdir = file.path(scratch, "src"))
  }
  # A script's error as R would print it.
  explain <- function(e) {
    call <- conditionCall(e)
    where <- if (is.null(call)) "" else paste0(" in ", paste(deparse(call, nlines = 1L), collapse = ""))
    paste0("Error", where, ": ", conditionMessage(e))
  }
  failure <- function(kind, message) {
    out <- rawConnection(raw(0), "wb"); on.exit(close(out))
    writeBin(charToRaw(kind), out); put.text(out, message)
    rawConnectionValue(out)
  }
  run <- function(source, bundle, seed, inputs) {
    clean.scratch()
    if (length(bundle) > 0) unpack(bundle)
    result <- NULL
    names <- new.env(parent = globalenv())
    names$maml.mapInputPort <- function(portNum = 1) {
      frame <- if (portNum %in% 1:2) inputs[[portNum]]
      if (is.null(frame)) stop("Nothing is connected to Dataset", portNum, ".", call. = FALSE)
      frame
    }
    names$maml.mapOutputPort <- function(frameName) {
      frame <- get(frameName, envir = parent.frame())
      if (!is.data.frame(frame)) frame <- as.data.frame(frame, stringsAsFactors = FALSE)
      result <<- frame
      invisible(NULL)
    }
    if (!is.null(seed)) set.seed(seed)
    plots <- file.path(tempdir(), "plot%03d.png")
    unlink(Sys.glob(file.path(tempdir(), "plot*.png")))
    options(device = function(...) grDevices::png(plots, type = "cairo"))
    expressions <- parse(text = source, keep.source = FALSE, encoding = "UTF-8")
    for (e in expressions) {
      shown <- withVisible(eval(e, names))
      if (shown$visible) print(shown$value)
    }
    while (grDevices::dev.cur() > 1) grDevices::dev.off()
    out <- rawConnection(raw(0), "wb"); on.exit(close(out))
    writeBin(charToRaw("d"), out)
    put.octets(out, !is.null(result))
    if (!is.null(result)) write.frame(out, result)
    drawn <- c(sort(Sys.glob(file.path(tempdir(), "plot*.png"))), sort(list.files(scratch, "\\.png$", ignore.case = TRUE, full.names = TRUE)))
    drawn <- utils::head(drawn, most.images)
    put.number(out, length(drawn))
    for (f in drawn) {
      bytes <- readBin(f, "raw", file.size(f))
      put.number(out, length(bytes)); writeBin(bytes, out)
    }
    rawConnectionValue(out)
  }
  repeat {
    source <- text(); bundle <- block(number())
    seed <- if (octets(1L) != 0) number()
    inputs <- list(NULL, NULL)
    for (i in 1:2) if (octets(1L) != 0) inputs[[i]] <- read.frame()
    answer <- tryCatch(run(source, bundle, seed, inputs), error = function(e) failure("f", explain(e)))
    while (grDevices::dev.cur() > 1) grDevices::dev.off()
    rm(inputs)
    flush(stdout()); flush(stderr())
    writeBin(answer, answers); flush(answers)
  }
}, envir = .portico)
