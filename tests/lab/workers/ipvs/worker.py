from tests.lab.workers import reporting

run = reporting.run
